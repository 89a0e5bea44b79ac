/** Things that stand between real parties in a test: a TCP line that can be cut, and an HTTP relay that changes bodies. */
import { createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CutLine {
  readonly url: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Relays TCP to `target` until cut: then open connections end and new ones are refused at once. */
export async function createCutLine(target: URL): Promise<CutLine> {
  let isCut = false;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      destroyAll();
    },
    mend() {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        destroyAll();
        server.close(() => resolve());
      }),
  };
}

export interface Relay {
  readonly url: string;
  /** Set before the first request: where bodies come from. */
  target: string;
  readonly relayedChunks: () => number;
  close(): Promise<void>;
}

/** An HTTP relay; `change` sees each chunk body and returns what to send instead, when it likes. */
export async function createRelay(change: (body: Buffer, chunk: number) => Buffer | Promise<Buffer>): Promise<Relay> {
  let chunks = 0;
  const relay = { target: '' };
  const server = createHttpServer((incoming, outgoing) => {
    const outward = request(
      `${relay.target}${incoming.url}`,
      { method: incoming.method!, headers: incoming.headers },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part) => parts.push(part));
        answer.on('end', async () => {
          const body = Buffer.concat(parts);
          const isChunk = answer.statusCode === 200 && /\/chunk\//.test(incoming.url!);
          outgoing.writeHead(answer.statusCode!, answer.headers);
          outgoing.end(isChunk ? await change(body, chunks++) : body);
        });
      },
    );
    outward.on('error', () => outgoing.destroy());
    incoming.pipe(outward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(relay, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    relayedChunks: () => chunks,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
