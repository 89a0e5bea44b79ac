/** What marks an offer as that of a folder; as in protocol/folder, which would bring its parser along. */
export const FOLDER_MIME = 'application/vnd.chiral.folder';
export const MAX_FOLDER_BYTES = 1 << 20;
