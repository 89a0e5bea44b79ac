/**
 * Service worker: answers `/stream/<cid>/<name>` with the bytes of a content that a tab of this origin holds or is downloading,
 * ranges included, so that a player can begin and seek before the file is whole. It keeps nothing and caches nothing; the tab
 * that runs the peer reads each piece for it. State: none, so that the browser may stop it at any time.
 */

/** A tab that has the content says so within this time, milliseconds. */
const FIND_TIMEOUT_MS = 5000;
/** What the bytes of a stranger may do in this origin: nothing. */
const SANDBOX = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

addEventListener('install', () => self.skipWaiting());
addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== location.origin) return;
  const match = /^\/stream\/([a-z0-9]{8,128})\//.exec(url.pathname);
  if (match) event.respondWith(answer(event.request, match[1], url.searchParams.has('download')));
});

/** The first tab that has it: its port and what it says of the content. */
async function find(cid) {
  const tabs = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), FIND_TIMEOUT_MS);
    for (const tab of tabs) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => {
        clearTimeout(timer);
        resolve({ port: port1, ...data });
      };
      tab.postMessage({ type: 'chiral-stream', cid }, [port2]);
    }
  });
}

async function answer(request, cid, isDownload) {
  const found = await find(cid);
  if (!found) return new Response('This content is not open in any tab.', { status: 404 });
  const { port, name, mime, size, chunkBytes } = found;
  const range = rangeOf(request.headers.get('range'), size);
  if (range === 'invalid') return new Response(null, { status: 416, headers: { 'content-range': `bytes */${size}` } });
  const { start, end } = range ?? { start: 0, end: size };
  const headers = new Headers({
    'content-type': mime,
    'content-length': String(end - start),
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
  });
  // The browser's own PDF viewer does not start in a sandbox, and runs nothing of ours.
  if (mime !== 'application/pdf') headers.set('content-security-policy', SANDBOX);
  if (isDownload || mime === 'application/octet-stream')
    headers.set('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(name)}`);
  if (range) headers.set('content-range', `bytes ${start}-${end - 1}/${size}`);
  if (request.method === 'HEAD' || end === start) return new Response(null, { status: range ? 206 : 200, headers });
  return new Response(bytesOf(port, start, end, chunkBytes), { status: range ? 206 : 200, headers });
}

/** Pulls a chunk's part at a time, so that a player that stops reading makes nobody fetch on its behalf. */
function bytesOf(port, start, end, chunkBytes) {
  let at = start;
  return new ReadableStream(
    {
      pull(controller) {
        const to = Math.min(end, (Math.floor(at / chunkBytes) + 1) * chunkBytes);
        return new Promise((resolve) => {
          port.onmessage = ({ data }) => {
            if (data.error) controller.error(new Error(data.error));
            else {
              controller.enqueue(data.bytes);
              at = to;
              if (at >= end) controller.close();
            }
            resolve();
          };
          port.postMessage({ read: { start: at, end: to } });
        });
      },
      cancel() {
        port.postMessage({ close: true });
        port.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** One range, as players ask for it; undefined for none, 'invalid' for one outside. */
function rangeOf(header, size) {
  if (!header) return undefined;
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  if (!match || (match[1] === '' && match[2] === '')) return 'invalid';
  if (match[1] === '') return { start: Math.max(0, size - Number(match[2])), end: size };
  const start = Number(match[1]);
  const end = match[2] === '' ? size : Math.min(size, Number(match[2]) + 1);
  return start < end ? { start, end } : 'invalid';
}
