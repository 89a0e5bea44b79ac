import { encodeLength, joinPieces } from '@chiral/protocol/frames';

/** A frame as `FrameStream` sends it, for streams that are to carry what no `FrameStream` would. */
export const frameOf = (body: Uint8Array): Uint8Array => joinPieces([encodeLength(body.length), body]);
