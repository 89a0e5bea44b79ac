/**
 * The content security policy of the page, for whoever hands it out: a node for each of its files, the build for a host of plain
 * files. Pure.
 *
 * Nothing comes from another origin but data that is checked in the page: peers, seeders and chain nodes may be anywhere, so
 * `connect-src` is wide, and everything that could run or show something is not. Downloads are shown as blobs, wallets bring their
 * icons as data, and nobody may show the page inside of another.
 */

/** The sources of all inline scripts of a page. */
export function inlineScripts(html: string): string[] {
  return [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, source = '']) => source);
}

/** @param hashes base64 of the SHA-256 of each inline script that may run */
export function pagePolicy(hashes: Iterable<string>): string {
  return [
    "default-src 'none'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...[...new Set(hashes)].map((hash) => `'sha256-${hash}'`)].join(' '),
    "style-src-elem 'self' 'unsafe-inline'",
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "font-src 'self'",
    "connect-src 'self' http: https: ws: wss:",
    "worker-src 'self'",
    "frame-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
