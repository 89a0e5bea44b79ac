/** The pure parts of the wallet: what it is told, what its refusals mean, which chain it is on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import { addChainParameter, CHAIN_ID, CHAIN_ID_HEX, isWalletEndpoint, parseChainId } from './chain.ts';
import { judgeGenesis } from './genesis.ts';
import { ensureChain, FASTEST_PERSON_MS, type Provider, readRefusal } from './switch.ts';

const RPC = 'http://127.0.0.1:8545';

/** A wallet by its answers. Each entry of `refuse` is thrown once by its method; `tookMs` is how long each answer takes. */
function walletWith({
  chain = '0x1',
  refuse = {},
  tookMs = 5_000,
  addSwitches = true,
  switchWorks = true,
}: {
  chain?: string;
  refuse?: Record<string, object>;
  tookMs?: number;
  addSwitches?: boolean;
  switchWorks?: boolean;
}) {
  const calls: string[] = [];
  let now = 0;
  const provider: Provider = {
    async request({ method, params }) {
      if (method === 'eth_chainId') return chain;
      calls.push(method);
      now += tookMs;
      const refusal = refuse[method];
      delete refuse[method];
      if (refusal) throw refusal;
      const [{ chainId }] = params as [{ chainId: string }];
      if (method === 'wallet_addEthereumChain' ? addSwitches : switchWorks) chain = chainId;
      return null;
    },
  };
  return { provider, calls, now: () => now, chain: () => chain };
}

describe('what a wallet is told of the chain', () => {
  it('is an unpadded hex id, and no key that MetaMask does not know', () => {
    assert.equal(Number(CHAIN_ID_HEX), CHAIN_ID);
    assert.match(CHAIN_ID_HEX, /^0x[1-9a-f][0-9a-f]*$/);
    assert.deepEqual(Object.keys(addChainParameter(RPC)).sort(), ['chainId', 'chainName', 'nativeCurrency', 'rpcUrls']);
  });
  for (const [url, isTaken] of [
    ['http://127.0.0.1:8545', true],
    ['http://localhost:8545/', true],
    ['https://node.example/rpc', true],
    ['http://192.168.1.5:8545', false],
    ['http://[::1]:8545', false],
    ['ws://127.0.0.1:8545', false],
    ['', false],
  ] as const)
    it(`${isTaken ? 'takes' : 'does not take'} ${url || 'nothing'}`, () =>
      assert.equal(isWalletEndpoint(url), isTaken));
  it('reads ids however they are written', () => {
    assert.deepEqual(['0x181cd', '0x0181cd', 98765, '98765', 'x', null].map(parseChainId), [
      ...[CHAIN_ID, CHAIN_ID, CHAIN_ID, CHAIN_ID],
      ...[undefined, undefined],
    ]);
  });
});

describe('a refusal', () => {
  const slow = FASTEST_PERSON_MS;
  it('is the person’s when a person had the time for it', () => {
    assert.equal(readRefusal({ code: 4001 }, slow), 'declined');
    assert.equal(readRefusal({ code: 4001 }, slow - 1), 'unknownChain');
  });
  it('is found inside the internal error of a mobile wallet', () => {
    assert.equal(readRefusal({ code: -32603, data: { originalError: { code: 4902 } } }, slow), 'unknownChain');
  });
  it('may be a question that waits', () => assert.equal(readRefusal({ code: -32002 }, 1), 'busy'));
  it('may be anything', () => {
    for (const error of [undefined, null, 'no', new Error('no'), { code: '4001' }])
      assert.equal(readRefusal(error, slow), 'other');
  });
});

describe('coming to the network', () => {
  it('asks nothing when it is there', async () => {
    const wallet = walletWith({ chain: '0x181cd' });
    await ensureChain(wallet.provider, RPC, wallet.now);
    assert.deepEqual(wallet.calls, []);
  });
  it('switches where the network is known', async () => {
    const wallet = walletWith({});
    await ensureChain(wallet.provider, RPC, wallet.now);
    assert.deepEqual(wallet.calls, ['wallet_switchEthereumChain']);
  });
  for (const [what, error, tookMs] of [
    ['4902', { code: 4902 }, 5],
    ['4001 at once, as some wallets answer', { code: 4001 }, 5],
    ['a failure that says nothing', { code: -32603, message: 'Internal error' }, 5_000],
  ] as const)
    it(`adds after ${what}`, async () => {
      const wallet = walletWith({ refuse: { wallet_switchEthereumChain: error }, tookMs });
      await ensureChain(wallet.provider, RPC, wallet.now);
      assert.deepEqual(wallet.calls, ['wallet_switchEthereumChain', 'wallet_addEthereumChain']);
      assert.equal(wallet.chain(), CHAIN_ID_HEX);
    });
  it('switches once more after a wallet that adds and stays', async () => {
    const wallet = walletWith({ refuse: { wallet_switchEthereumChain: { code: 4902 } }, addSwitches: false });
    await ensureChain(wallet.provider, RPC, wallet.now);
    assert.equal(wallet.calls.length, 3);
    assert.equal(wallet.chain(), CHAIN_ID_HEX);
  });
  it('takes a person’s no for a no', async () => {
    const wallet = walletWith({ refuse: { wallet_switchEthereumChain: { code: 4001 } } });
    await assert.rejects(ensureChain(wallet.provider, RPC, wallet.now), (error) => isAppError(error, 'CANCELLED'));
    assert.deepEqual(wallet.calls, ['wallet_switchEthereumChain']);
  });
  it('takes a no to adding for a no, however quick', async () => {
    const refuse = { wallet_switchEthereumChain: { code: 4902 }, wallet_addEthereumChain: { code: 4001 } };
    const wallet = walletWith({ refuse, tookMs: 5 });
    await assert.rejects(ensureChain(wallet.provider, RPC, wallet.now), (error) => isAppError(error, 'CANCELLED'));
  });
  it('does not add an endpoint that no wallet takes', async () => {
    const wallet = walletWith({ refuse: { wallet_switchEthereumChain: { code: 4902 } } });
    await assert.rejects(ensureChain(wallet.provider, 'http://10.0.0.1:8545', wallet.now), (error) =>
      isAppError(error, 'WRONG_CHAIN'),
    );
    assert.deepEqual(wallet.calls, ['wallet_switchEthereumChain']);
  });
  it('says when a question waits already', async () => {
    const wallet = walletWith({ refuse: { wallet_switchEthereumChain: { code: -32002 } } });
    await assert.rejects(ensureChain(wallet.provider, RPC, wallet.now), (error) => isAppError(error, 'TOO_MANY'));
  });
  it('does not believe a wallet that only says it switched', async () => {
    const wallet = walletWith({ switchWorks: false });
    await assert.rejects(ensureChain(wallet.provider, RPC, wallet.now), (error) => isAppError(error, 'WRONG_CHAIN'));
  });
});

describe('block 0', () => {
  const [a, b] = ['0xaa', '0xbb'];
  it('is the same, or not known yet', () => {
    for (const [ours, wallets, remembered] of [
      [a, a, a],
      [a, undefined, null],
      [undefined, a, a],
      [undefined, undefined, a],
    ] as const)
      assert.equal(judgeGenesis(ours, wallets, remembered).kind, 'same');
  });
  it('tells a chain that began anew', () => assert.equal(judgeGenesis(b, b, a).kind, 'restarted'));
  it('tells a wallet that asks another node', () => assert.equal(judgeGenesis(a, b, a).kind, 'elsewhere'));
});
