import { join } from 'node:path';
import type { NextConfig } from 'next';

/** The engine alone on an empty page, built as the real page is, for tests that must not depend on how the real one looks. */
const config: NextConfig = {
  output: 'export',
  trailingSlash: true,
  // The web folder's own check covers these files.
  typescript: { ignoreBuildErrors: true },
  transpilePackages: ['@chiral/protocol', '@chiral/node', '@chiral/ethash', '@chiral/chain'],
  serverExternalPackages: ['node-datachannel'],
  turbopack: { root: join(import.meta.dirname, '../../..') },
};

export default config;
