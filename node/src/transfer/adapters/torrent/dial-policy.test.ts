import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '@chiral/protocol/errors';
import { DialPolicy, isPublicAddress, parseHostPort, plainAddress, toHostPort } from './dial-policy.ts';

describe('dial policy', () => {
  it('tells the public internet from everything else', () => {
    const publicOnes = ['1.1.1.1', '9.255.255.255', '11.0.0.1', '100.63.0.1', '172.15.0.1', '172.32.0.1', '193.0.0.1'];
    const others = ['10.0.0.1', '127.0.0.1', '127.9.9.9', '0.0.0.0', '169.254.1.1', '172.16.0.1', '172.31.255.255'];
    const more = [
      '192.168.1.1',
      '100.64.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '192.0.2.1',
      '198.18.0.1',
      '203.0.113.9',
    ];
    const v6 = [
      '::1',
      '::',
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
      'fd00::2',
      'ff02::1',
      '2001:db8::1',
      '::ffff:10.0.0.1',
    ];
    for (const address of [...publicOnes, '2a00:1450::1', '::ffff:1.1.1.1'])
      assert.ok(isPublicAddress(address), address);
    for (const address of [...others, ...more, ...v6, 'host.local', '', '1.2.3']) {
      assert.ok(!isPublicAddress(address), address);
    }
  });

  it('dials an address that a swarm names a thousand times at most once a minute', () => {
    let now = 1_000_000;
    const policy = new DialPolicy({ allowPrivate: false, now: () => now });
    let dials = 0;
    for (let i = 0; i < 1000; i++) {
      now += 600;
      if (policy.mayDial('1.1.1.1', 80, 'swarm')) dials++;
    }
    assert.equal(dials, 10, 'ten minutes, ten dials');
    assert.ok(policy.mayDial('1.1.1.1', 81, 'swarm'), 'another port is another address');
    assert.ok(!policy.mayDial('127.0.0.1', 81, 'swarm'));
    assert.ok(!policy.mayDial('192.168.0.1', 81, 'offer'));
  });

  it('lets an offer try a few times, and forgets the count once the address has answered', () => {
    const policy = new DialPolicy({ allowPrivate: true, now: () => 0 });
    const tries = () =>
      Array.from({ length: 10 }, () => policy.mayDial('::ffff:127.0.0.1', 1, 'offer')).filter(Boolean).length;
    assert.equal(tries(), 4);
    policy.answered('127.0.0.1', 1);
    assert.equal(tries(), 4);
  });

  it('remembers a bounded number of addresses', () => {
    const policy = new DialPolicy({ allowPrivate: false, now: () => 0 });
    for (let i = 0; i < 10_000; i++) policy.mayDial(`1.1.${i >> 8}.${i & 255}`, 1, 'swarm');
    assert.ok(policy.mayDial('1.1.0.0', 1, 'swarm'), 'the oldest was forgotten');
    assert.ok(!policy.mayDial('1.1.39.15', 1, 'swarm'), 'the newest was not');
  });

  it('resolves no name to a private address', async () => {
    const policy = new DialPolicy({ allowPrivate: false });
    for (const host of ['localhost', '127.0.0.1', '::1']) {
      await assert.rejects(policy.resolve(host), (error) => isAppError(error, 'PEER_UNREACHABLE'));
    }
    assert.equal(await policy.resolve('1.1.1.1'), '1.1.1.1');
    assert.equal(await new DialPolicy({ allowPrivate: true }).resolve('127.0.0.1'), '127.0.0.1');
  });

  it('takes candidates out of a session description and keeps those that may be sent to', () => {
    const lines = [
      'v=0',
      'a=mid:0',
      'a=candidate:1 1 UDP 2114977791 192.168.1.5 51903 typ host',
      'a=candidate:2 1 udp 1 7d1c0f3e-1b1f-4f6e-9f0e-1.local 51903 typ host',
      'a=candidate:3 1 UDP 1677721855 1.1.1.1 51903 typ srflx raddr 0.0.0.0 rport 0',
      'a=candidate:4 1 TCP 1677721855 1.1.1.1 9 typ host tcptype active',
      'a=candidate:5 1 UDP 1 1.1.1.1 0 typ host',
      'a=candidate:nonsense',
      ...Array.from({ length: 40 }, (_, i) => `a=candidate:9 1 UDP 1 2.2.2.${i} 7 typ host`),
      'a=end-of-candidates',
      'a=setup:actpass',
      '',
    ];
    const { sdp, candidates } = new DialPolicy({ allowPrivate: false }).splitCandidates(lines.join('\r\n'));
    assert.equal(sdp, 'v=0\r\na=mid:0\r\na=setup:actpass\r\n');
    assert.equal(candidates[0], 'candidate:3 1 UDP 1677721855 1.1.1.1 51903 typ srflx raddr 0.0.0.0 rport 0');
    assert.equal(candidates.length, 16);
    const open = new DialPolicy({ allowPrivate: true }).splitCandidates(lines.join('\n'));
    assert.ok(open.candidates[0]!.includes('192.168.1.5'));
    assert.ok(open.candidates.every((candidate) => !candidate.includes('.local')));
  });

  it('reads and writes addresses with ports', () => {
    assert.deepEqual(parseHostPort('1.2.3.4:80'), { host: '1.2.3.4', port: 80 });
    assert.deepEqual(parseHostPort('[::1]:80'), { host: '::1', port: 80 });
    assert.deepEqual(parseHostPort('seed.example.org:6881'), { host: 'seed.example.org', port: 6881 });
    for (const bad of ['', '1.2.3.4', '1.2.3.4:0', '1.2.3.4:65536', 'a b:1', '::1:80', 'http://x:1', '-:x']) {
      assert.equal(parseHostPort(bad), undefined, bad);
    }
    assert.equal(toHostPort('::1', 5), '[::1]:5');
    assert.equal(toHostPort('1.2.3.4', 5), '1.2.3.4:5');
    assert.equal(plainAddress('::FFFF:1.2.3.4'), '1.2.3.4');
  });
});
