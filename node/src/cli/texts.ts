/** Events of long commands, said to people. Pure. */
import type { GetEvent, SessionEvent } from '@chiral/protocol/api';
import { formatEther } from 'ethers';
import { humanBytes } from './output.ts';

/** One event of a session for people. */
export function sessionText(event: SessionEvent): string {
  switch (event.event) {
    case 'session':
      return [
        `seller ${event.peer.slice(-8)}, ${formatEther(event.weiPerMiB)} CHI per MiB, ${humanBytes(event.size)}`,
        ...(event.url ? [`http     ${event.url}`] : []),
        ...(event.torrentUrl ? [`torrent  ${event.torrentUrl}`] : []),
        ...(event.magnet ? [`magnet   ${event.magnet}`] : []),
        ...(event.ed2k ? [`ed2k     ${event.ed2k.link}`, `         as user hash ${event.ed2k.userHash}`] : []),
      ].join('\n');
    case 'refused':
      return `seller ${event.peer.slice(-8)}: ${event.message}`;
    case 'progress':
      return `seller ${event.peer.slice(-8)} has delivered ${humanBytes(event.bytes)}`;
    case 'paid':
      return `seller ${event.peer.slice(-8)} has been promised ${formatEther(event.cumulativeWei)} CHI in all`;
    case 'spent':
      return `seller ${event.peer.slice(-8)} has had all it may get: ${formatEther(event.wei)} CHI`;
    default:
      return 'The session is over.';
  }
}

/** Where paying by work stands, as the tail of a line. */
export function workText({ state, fraction, hashesPerSecond, shares }: GetEvent & { event: 'work' }): string {
  if (state === 'preparing') return `, preparing to work ${Math.floor(fraction * 100)} %`;
  return `, ${shares} shares, ${Math.round(hashesPerSecond / 1000)} kH/s`;
}
