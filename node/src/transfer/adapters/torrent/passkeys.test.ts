import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Passkeys } from './passkeys.ts';

const infoHash = 'c'.repeat(40);
const tcp = { infoHash, webrtc: false, peerId: 'aa', address: '1.2.3.4', port: 5 };

describe('passkeys', () => {
  it('find a wire by address and id, or by address and port', () => {
    const passkeys = new Passkeys({ sessions: undefined, ttlMs: 1000 });
    passkeys.remember('buyer', tcp);
    assert.equal(passkeys.find(tcp), 'buyer');
    assert.equal(passkeys.find({ ...tcp, port: undefined }), 'buyer');
    assert.equal(passkeys.find({ ...tcp, peerId: 'made up for this connection' }), 'buyer');
    assert.equal(passkeys.find({ ...tcp, peerId: undefined, port: 6 }), undefined);
    assert.equal(
      passkeys.find({ ...tcp, address: '1.2.3.5' }),
      undefined,
      'the id is public, the address is not theirs',
    );
    assert.equal(passkeys.find({ ...tcp, address: undefined }), undefined);
    assert.equal(passkeys.find({ ...tcp, infoHash: 'd'.repeat(40) }), undefined);
    assert.equal(passkeys.find({ ...tcp, webrtc: true }), undefined);
  });

  it('keep WebRTC ids apart from TCP', () => {
    const passkeys = new Passkeys({ sessions: undefined, ttlMs: 1000 });
    passkeys.remember('buyer', { infoHash, webrtc: true, peerId: 'aa' });
    assert.equal(passkeys.find({ infoHash, webrtc: true, peerId: 'aa' }), 'buyer');
    assert.equal(passkeys.find(tcp), undefined);
    passkeys.forget({ infoHash, webrtc: true, peerId: 'aa' });
    assert.equal(passkeys.find({ infoHash, webrtc: true, peerId: 'aa' }), undefined);
  });

  it('leave a claim to whoever made it first, while it lasts', () => {
    let now = 0;
    const passkeys = new Passkeys({ sessions: undefined, ttlMs: 1000, now: () => now });
    passkeys.remember('first', tcp);
    passkeys.remember('second', tcp);
    assert.equal(passkeys.find(tcp), 'first');
    now = 1001;
    assert.equal(passkeys.find(tcp), undefined);
    passkeys.remember('second', tcp);
    assert.equal(passkeys.find(tcp), 'second');
  });

  it('are bounded', () => {
    const passkeys = new Passkeys({ sessions: undefined, ttlMs: 1000 });
    for (let i = 0; i < 20_000; i++) passkeys.remember('flood', { ...tcp, peerId: String(i), port: undefined });
    assert.equal(passkeys.find({ ...tcp, peerId: '0', port: undefined }), undefined);
    assert.equal(passkeys.find({ ...tcp, peerId: '19999', port: undefined }), 'flood');
  });
});
