import { join } from 'node:path';
import type { NextConfig } from 'next';

/** One folder of files that any web server, or any node, can hand out. Nothing runs on a server. */
const config: NextConfig = {
  output: 'export',
  trailingSlash: true,
  images: { unoptimized: true },
  reactStrictMode: true,
  poweredByHeader: false,
  // `npm run check` does it, for this folder as for the others.
  typescript: { ignoreBuildErrors: true },
  transpilePackages: ['@chiral/protocol', '@chiral/node', '@chiral/ethash', '@chiral/chain'],
  // The peer runs in the tab only, but the server graph is built as well and must not follow it into native code.
  serverExternalPackages: ['node-datachannel'],
  // A first visit paints after one answer instead of two.
  experimental: { inlineCss: true },
  turbopack: { root: join(import.meta.dirname, '..') },
};

export default config;
