import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { Providers } from '@/components/providers.tsx';
import { Shell } from '@/components/shell/shell.tsx';
import './globals.css';
import { WAKE_SCRIPT } from '@/lib/wake.ts';

export const metadata: Metadata = {
  title: 'Chiral',
  description: 'Open a link, watch it play, and pay the people who send it to you.',
  referrer: 'no-referrer',
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f6f5f1' },
    { media: '(prefers-color-scheme: dark)', color: '#121315' },
  ],
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* Before the first paint: no flash of the wrong theme or language. Its hash goes into the CSP. */}
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours */}
        <script dangerouslySetInnerHTML={{ __html: WAKE_SCRIPT }} />
      </head>
      <body className="font-sans text-base antialiased">
        <Providers>
          <Shell>{children}</Shell>
        </Providers>
      </body>
    </html>
  );
}
