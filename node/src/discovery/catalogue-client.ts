/**
 * The asking side of the catalogue, the same in a node and in a page. What comes back is a stranger's word and is checked here before
 * anybody sees it; a peer that hands on one listing that is not signed as it must be is not heard further. No state.
 */
import { isAppError } from '@chiral/protocol/errors';
import {
  checkListing,
  decodeListings,
  encodeCatalogueRequest,
  MAX_PAGE,
  MAX_TOLD,
  matches,
  type SignedListing,
} from '@chiral/protocol/listing';
import type { Deployment } from '@chiral/protocol/typed-data';
import type { PayTransport, PeerKey } from '../ports.ts';

export interface Question {
  /** Words that all must be there; empty for the newest. */
  readonly words: string;
  /** From the one after so many of them. */
  readonly skip: number;
}

/** What one peer answered: the listings that are good, and whether all were. */
export interface Answer {
  readonly listings: readonly SignedListing[];
  readonly isHonest: boolean;
  /** There may be more. */
  readonly isFull: boolean;
}

/**
 * @param known what was checked before under a signature: it stands for whatever comes with that
 * @throws PEER_UNREACHABLE, TIMEOUT, UNSUPPORTED, TOO_MANY; BAD_REQUEST for nonsense
 */
export async function askCatalogue(
  transport: PayTransport,
  peer: PeerKey,
  { words, skip }: Question,
  deployment: Deployment,
  signal: AbortSignal,
  known: (signature: string) => SignedListing | undefined = () => undefined,
): Promise<Answer> {
  const values = decodeListings(
    await transport.request(peer, encodeCatalogueRequest({ ask: { words, skip } }), signal),
  );
  const nowSeconds = Math.floor(Date.now() / 1000);
  const listings: SignedListing[] = [];
  for (const value of values) {
    try {
      const signed = known(signatureIn(value)) ?? checkListing(value, { nowSeconds, deployment });
      if (matches(signed.listing, words)) listings.push(signed);
      // A search of a thousand signatures must not hold everything else up.
      await new Promise((resolve) => setTimeout(resolve, 0));
    } catch (error) {
      if (!isAppError(error, 'OFFER_INVALID')) throw error;
      return { listings, isHonest: false, isFull: false };
    }
  }
  return { listings, isHonest: true, isFull: values.length === MAX_PAGE };
}

/** Asks `peer` to hand listings on. @throws as `askCatalogue` */
export async function tellCatalogue(
  transport: PayTransport,
  peer: PeerKey,
  listings: readonly SignedListing[],
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < listings.length; at += MAX_TOLD)
    await transport.request(peer, encodeCatalogueRequest({ tell: listings.slice(at, at + MAX_TOLD) }), signal);
}

/** The signature of an unchecked listing; anything odd becomes one that nothing has. */
export function signatureIn(value: unknown): string {
  const signature = (value as { signature?: unknown } | null)?.signature;
  return typeof signature === 'string' ? signature.toLowerCase() : '';
}
