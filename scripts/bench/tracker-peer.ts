/** A stock HTTP tracker on loopback, for pairs of stock clients: prints { announce } and runs until it is ended. */
// @ts-expect-error: it brings no types.
import { Server } from 'bittorrent-tracker';

const tracker = new Server({ udp: false, http: true, ws: false, stats: true, interval: 2_000 });
tracker.listen(0, '127.0.0.1', () =>
  process.stdout.write(`${JSON.stringify({ announce: `http://127.0.0.1:${tracker.http.address().port}/announce` })}\n`),
);
