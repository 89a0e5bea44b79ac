/**
 * Account 0 of the mnemonic that every development tool publishes (genesis/README.md). The committed genesis files fund it, for
 * trying out. Everybody has this key: what is sent to it is anybody's.
 */
export const PUBLISHED_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
