/** What comes from outside the page's own code, and so may be anything: storage, the site's hint, the address bar, a stream. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { API_PREFIX } from '@chiral/protocol/api';
import fc from 'fast-check';
import { API_PREFIX as PAGE_API_PREFIX } from './api/client.ts';
import { readNdjson } from './api/ndjson.ts';
import { doorFromFragment } from './api/token.ts';
import { parseSettings } from './settings.ts';
import { parseSite } from './site.ts';

describe('settings', () => {
  it('come back as they were kept', () => {
    const kept = { theme: 'dark', language: 'ko', nodes: ['https://a'], rpcUrl: 'https://b', capWei: '5' } as const;
    assert.deepEqual(parseSettings(JSON.stringify(kept)), kept);
  });
  it('are the defaults when they are anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { theme, nodes } = parseSettings(text);
        assert.ok(['system', 'light', 'dark'].includes(theme));
        assert.ok(nodes.every((node) => typeof node === 'string'));
      }),
    );
    assert.deepEqual(parseSettings('{"theme":"pink","language":"xx","nodes":[1],"capWei":"-1"}'), {
      theme: 'system',
      nodes: [],
    });
  });
});

describe('the owner’s API', () => {
  it('is where the daemon has it', () => assert.equal(PAGE_API_PREFIX, API_PREFIX));
});

describe('a site’s hint', () => {
  it('is taken as far as it is understood', () => {
    assert.deepEqual(parseSite({ bootstrap: ['/ip4/1', 2], rpcUrl: 'nonsense', chainId: '1', contract: '0x1' }), {
      bootstrap: ['/ip4/1'],
      chainId: 98765,
    });
  });
  it('never breaks the page', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.ok(Array.isArray(parseSite(value).bootstrap))));
  });
});

describe('a token in the address', () => {
  const origin = 'https://node.example';
  const token = 'abcdefghijklmnop';
  it('opens the page’s own origin, or loopback', () => {
    assert.deepEqual(doorFromFragment(`#token=${token}`, origin), { url: origin, token });
    assert.deepEqual(doorFromFragment(`#token=${token}&api=http://127.0.0.1:5`, origin), {
      url: 'http://127.0.0.1:5',
      token,
    });
  });
  it('sends the page nowhere else', () => {
    assert.equal(doorFromFragment(`#token=${token}&api=https://evil.example`, origin), undefined);
    assert.equal(doorFromFragment(`#token=${token}&api=http://127.0.0.1.evil.example`, origin), undefined);
    assert.equal(doorFromFragment(`#token=${token}&api=nonsense`, origin), undefined);
  });
  it('is none in any other fragment', () => {
    for (const fragment of ['', '#', '#/get/x', '#token=', '#token=short'])
      assert.equal(doorFromFragment(fragment, origin), undefined);
  });
});

describe('events of long work', () => {
  async function collect(stream: ReadableStream<Uint8Array>): Promise<unknown[]> {
    const values: unknown[] = [];
    for await (const value of readNdjson(stream)) values.push(value);
    return values;
  }
  const streamOf = (parts: string[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    });
  it('arrive whole however they were cut', async () => {
    const text = '{"a":"é€"}\n\n{"b":2}\n{"c":3}';
    const bytes = new TextEncoder().encode(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(bytes.slice(0, cut));
          controller.enqueue(bytes.slice(cut));
          controller.close();
        },
      });
      assert.deepEqual(await collect(stream), [{ a: 'é€' }, { b: 2 }, { c: 3 }]);
    }
  });
  it('stop at what is not JSON', async () => {
    await assert.rejects(collect(streamOf(['{"a":1}\n', 'nonsense\n'])), SyntaxError);
  });
});
