/**
 * The other end of an eDonkey connection, told by a test what to say: a client without habits of its own. It speaks through the
 * same codec as the adapter, which `message.test.ts` and the runs with amuled hold to the protocol.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { FrameReader } from '../../../node/src/transfer/adapters/ed2k/frame.ts';
import type { Hello } from '../../../node/src/transfer/adapters/ed2k/hello.ts';
import { decodeMessage, encodeMessage, type Message } from '../../../node/src/transfer/adapters/ed2k/message.ts';

type MessageOf<T extends Message['type'], M = Message> = M extends { type: infer U }
  ? T extends U
    ? M
    : never
  : never;

export function stockHello(overrides: Partial<Hello> = {}): Hello {
  return {
    userHash: '5c'.repeat(16),
    clientId: 0x0100007f,
    port: 0,
    nickname: 'scripted',
    software: '',
    isEmule: false,
    takesLargeFiles: false,
    ...overrides,
  };
}

export class ScriptedPeer {
  /** Everything it was told and has not waited for. */
  readonly heard: Message[] = [];
  readonly #socket: Socket;
  #wake = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new FrameReader();
    socket.on('error', () => {});
    socket.on('close', () => this.#wake());
    socket.on('data', (data) => {
      for (const frame of reader.push(data)) this.heard.push(decodeMessage(frame));
      this.#wake();
    });
  }

  /** Connects and says nothing. */
  static async connect(test: TestContext, port: number): Promise<ScriptedPeer> {
    const socket = connect(port, '127.0.0.1');
    test.after(() => socket.destroy());
    await once(socket, 'connect');
    return new ScriptedPeer(socket);
  }

  static async dial(test: TestContext, port: number, hello: Hello = stockHello()): Promise<ScriptedPeer> {
    const peer = await ScriptedPeer.connect(test, port);
    peer.say({ type: 'hello', hello });
    await peer.hears('helloAnswer');
    return peer;
  }

  get isClosed(): boolean {
    return this.#socket.destroyed;
  }

  say(message: Message): void {
    this.#socket.write(encodeMessage(message));
  }

  sayBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  hangUp(): void {
    this.#socket.destroy();
  }

  /** Next message of a type, past or to come; others stay in `heard`. @throws when the connection ends first */
  async hears<T extends Message['type']>(type: T): Promise<MessageOf<T>> {
    for (;;) {
      const at = this.heard.findIndex((message) => message.type === type);
      if (at >= 0) return this.heard.splice(at, 1)[0] as MessageOf<T>;
      if (this.isClosed) throw new Error(`closed before "${type}"`);
      await this.#change();
    }
  }

  /** Bytes of a range, from parts in order. */
  async hearsRange(start: number, end: number): Promise<Buffer> {
    const got: Uint8Array[] = [];
    for (let at = start; at < end; ) {
      const part = await this.hears('part');
      if (part.start !== at) throw new Error(`a part at ${part.start} instead of ${at}`);
      got.push(part.data);
      at += part.data.length;
    }
    return Buffer.concat(got);
  }

  /** Says it until the other has closed. */
  async failsToSay(message: Message): Promise<void> {
    while (!this.isClosed) {
      this.say(message);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

export interface ScriptedHost {
  readonly port: number;
  /** Connections so far. */
  readonly peers: ScriptedPeer[];
  /** The next connection, after its hello was answered. */
  accepted(): Promise<ScriptedPeer>;
}

/** Listens and answers hellos; what comes then is the test's. */
export async function startScriptedHost(test: TestContext, hello: Partial<Hello> = {}): Promise<ScriptedHost> {
  const peers: ScriptedPeer[] = [];
  const waiting: ((peer: ScriptedPeer) => void)[] = [];
  const ready: ScriptedPeer[] = [];
  const sockets: Socket[] = [];
  const server: Server = createServer(async (socket) => {
    sockets.push(socket);
    const peer = new ScriptedPeer(socket);
    peers.push(peer);
    try {
      await peer.hears('hello');
    } catch {
      // It hung up before.
      return;
    }
    peer.say({ type: 'helloAnswer', hello: stockHello({ port: portOf(server), ...hello }) });
    const next = waiting.shift();
    if (next) next(peer);
    else ready.push(peer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: portOf(server),
    peers,
    accepted() {
      const peer = ready.shift();
      return peer ? Promise.resolve(peer) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port;
}
