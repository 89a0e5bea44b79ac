/** Checks chunks on the calling thread: what the scheduler does when nobody lends it a better way. */
import { verifyChunk } from '@chiral/protocol/content';
import { sha256 } from '@chiral/protocol/hashes';
import type { ChunkVerifier } from '../ports.ts';

export const verifyHere: ChunkVerifier = async (content, chunk, data) =>
  verifyChunk(content, chunk, data, sha256) ? data : undefined;
