/** What marks a content as a folder (`folder.ts`); apart from it, so that who only looks at offers needs no codec. */

/** The type that the offer of a folder has. */
export const FOLDER_MIME = 'application/vnd.chiral.folder';
/** Longest encoded folder, bytes: what sellers let a stranger have for nothing. */
export const MAX_FOLDER_BYTES = 1 << 20;
