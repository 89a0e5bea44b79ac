/** How long the words of the public catalogue may be, characters; apart from `listing.ts`, so that a form needs no signatures. */

/** Longest search. */
export const MAX_WORDS = 100;
export const MAX_NAME = 200;
/** Longest line that a seller says of a content. */
export const MAX_ABOUT = 280;
export const MAX_MIME = 100;
