/** Sorted ranges of chunks, as offers carry them. Pure. */
import type { Offer } from '../ports.ts';

export function covers(ranges: Offer['chunks'], chunk: number): boolean {
  return ranges.some(({ first, count }) => chunk >= first && chunk < first + count);
}

/** Ranges without the chunks in `lacking`. */
export function without(ranges: Offer['chunks'], lacking: ReadonlySet<number>): Offer['chunks'] {
  const cuts = [...lacking].sort((a, b) => a - b);
  return ranges.flatMap(({ first, count }) => {
    const rest: Offer['chunks'] = [];
    let from = first;
    for (const cut of cuts) {
      if (cut < from || cut >= first + count) continue;
      if (cut > from) rest.push({ first: from, count: cut - from });
      from = cut + 1;
    }
    if (from < first + count) rest.push({ first: from, count: first + count - from });
    return rest;
  });
}
