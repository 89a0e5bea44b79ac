/**
 * One end of webtorrent to webtorrent over WebRTC, both from npm and knowing nothing of us, in a process of its own.
 *
 *   node webtorrent-peer.ts seed FILE          prints { torrent } (base64) when it seeds, with a tracker of its own
 *   node webtorrent-peer.ts fetch TORRENT DIR  reads the .torrent file, prints { seconds, processor } from adding the torrent to the last piece
 */
import { readFileSync } from 'node:fs';
// @ts-expect-error: it brings no types.
import { Server } from 'bittorrent-tracker';
import WebTorrent from 'webtorrent';

const [role, target = '', folder = ''] = process.argv.slice(2);
const options = {
  dht: false,
  lsd: false,
  utPex: false,
  natUpnp: false,
  natPmp: false,
  // WebRTC alone: no TCP and no uTP beside it.
  tcpPool: false,
  utp: false,
  tracker: { rtcConfig: { iceServers: [], bindAddress: '127.0.0.1' } },
};
// biome-ignore lint/suspicious/noExplicitAny: its types know less than it takes.
const client = new WebTorrent(options as any) as any;
client.on('error', (error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
/** Processor time of this process so far, seconds. */
const processorSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);

if (role === 'seed') {
  const tracker = new Server({ udp: false, http: true, ws: true, stats: false });
  await new Promise<void>((resolve) => tracker.listen(0, '127.0.0.1', resolve));
  const announce = `ws://127.0.0.1:${tracker.http.address().port}/announce`;
  client.seed(target, { pieceLength: 262_144, announceList: [[announce]] }, (torrent: { torrentFile: Uint8Array }) =>
    say({ torrent: Buffer.from(torrent.torrentFile).toString('base64') }),
  );
} else {
  const [startedMs, before] = [performance.now(), processorSeconds()];
  const torrent = client.add(readFileSync(target), { path: folder });
  torrent.on('done', () => {
    say({ seconds: (performance.now() - startedMs) / 1000, processor: processorSeconds() - before });
    process.exit(0);
  });
}
