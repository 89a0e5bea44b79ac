/**
 * Characters by which a text of a stranger's could read as what it is not. Each is the inside of a character class, for a
 * `RegExp` with the flag `u`. Pure.
 */

/** Control characters, line ends, halves of characters, and the marks that turn text around. */
export const UNREADABLE = String.raw`\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff`;
/** These, separators, and what Windows forbids in the name of a file. */
export const UNSAFE_IN_NAME = `${UNREADABLE}${String.raw`/\\:*?"<>|`}`;
