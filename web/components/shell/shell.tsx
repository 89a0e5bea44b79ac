'use client';
/** What surrounds each page: the way past it, the places, the language, the wallet. */
import { usePathname } from 'next/navigation';
import { type ReactNode, useEffect, useState } from 'react';
import { Dialog } from '@/components/ui/dialog.tsx';
import { Icon, Mark } from '@/components/ui/icon.tsx';
import { PlaceLink } from '@/components/ui/place-link.tsx';
import { WalletButton } from '@/components/wallet/wallet-button.tsx';
import { useVoice } from '@/lib/i18n/context.tsx';
import { LanguageMenu } from './language-menu.tsx';
import { isHere, PLACES } from './places.ts';
import { useTheme } from './use-theme.ts';

export function Shell({ children }: { children: ReactNode }) {
  const { t } = useVoice();
  const path = usePathname();
  useTheme();
  const place = PLACES.find(({ href }) => isHere(href, path));
  useEffect(() => {
    document.title = place && place.href !== '/' ? `${t(place.name)} · Chiral` : 'Chiral';
  }, [t, place]);

  return (
    <>
      <a
        href="#main"
        className="sr-only rounded-control bg-ink px-4 py-2 text-paper focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:z-50"
      >
        {t('shell.skip')}
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-paper">
        <div className="mx-auto flex h-16 max-w-[1184px] items-center gap-2 px-4 sm:px-8">
          <PlaceLink href="/" className="-ml-1 flex items-center gap-2 rounded-control p-1 pr-2">
            <Mark />
            <span className="font-display text-lg font-semibold tracking-[-0.02em]">Chiral</span>
          </PlaceLink>
          <nav aria-label={t('nav.label')} className="ml-4 hidden min-[1160px]:block">
            <ul className="flex items-center">
              {PLACES.map(({ href, name }) => (
                <li key={href}>
                  <PlaceLink
                    href={href}
                    aria-current={isHere(href, path) ? 'page' : undefined}
                    className="rounded-control px-2 py-2 text-sm text-soft transition-colors hover:text-ink aria-[current]:font-medium aria-[current]:text-ink"
                  >
                    {t(name)}
                  </PlaceLink>
                </li>
              ))}
            </ul>
          </nav>
          <div className="ml-auto flex items-center gap-2">
            <LanguageMenu />
            <WalletButton />
          </div>
        </div>
      </header>
      <main
        id="main"
        tabIndex={-1}
        className="mx-auto max-w-[1184px] px-4 pb-32 outline-none sm:px-8 min-[1160px]:pb-20"
      >
        {children}
      </main>
      <PhoneBar path={path} />
    </>
  );
}

function PhoneBar({ path }: { path: string }) {
  const { t } = useVoice();
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  const near = PLACES.filter(({ icon }) => icon);
  const far = PLACES.filter(({ icon }) => !icon);
  const look =
    'flex h-16 w-full flex-col items-center justify-center gap-1 text-xs text-soft aria-[current]:font-medium aria-[current]:text-ink';
  return (
    <nav
      aria-label={t('nav.label')}
      className="fixed inset-x-0 bottom-0 z-30 border-t border-line bg-paper pb-[env(safe-area-inset-bottom)] min-[1160px]:hidden"
    >
      <ul className="grid grid-cols-4">
        {near.map(({ href, name, icon }) => (
          <li key={href}>
            <PlaceLink href={href} aria-current={isHere(href, path) ? 'page' : undefined} className={look}>
              <Icon name={icon!} />
              {t(name)}
            </PlaceLink>
          </li>
        ))}
        <li>
          <button
            type="button"
            onClick={() => setOpen(true)}
            aria-haspopup="dialog"
            aria-current={far.some(({ href }) => isHere(href, path)) ? 'true' : undefined}
            className={look}
          >
            <Icon name="more" />
            {t('nav.more')}
          </button>
        </li>
      </ul>
      <Dialog open={isOpen} onClose={close} title={t('nav.more')}>
        <ul className="-mx-2">
          {far.map(({ href, name }) => (
            <li key={href}>
              <PlaceLink
                href={href}
                onClick={close}
                aria-current={isHere(href, path) ? 'page' : undefined}
                className="flex h-12 items-center rounded-control px-2 text-base hover:bg-sunk aria-[current]:font-medium"
              >
                {t(name)}
              </PlaceLink>
            </li>
          ))}
        </ul>
      </Dialog>
    </nav>
  );
}
