/** What a download tells while it runs. */
import type { ErrorCode } from '@chiral/protocol/errors';
import type { PeerKey, ProtocolName } from '../ports.ts';

export type TransferEvent =
  | { readonly type: 'joined'; readonly peer: PeerKey; readonly protocol: ProtocolName }
  | {
      readonly type: 'chunk';
      readonly peer: PeerKey;
      readonly protocol: ProtocolName;
      readonly chunk: number;
      readonly bytes: number;
    }
  | { readonly type: 'choked'; readonly peer: PeerKey; readonly protocol: ProtocolName }
  | { readonly type: 'banned'; readonly peer: PeerKey; readonly protocol: ProtocolName; readonly chunk: number }
  | { readonly type: 'lost'; readonly peer: PeerKey; readonly protocol: ProtocolName; readonly code: ErrorCode };
