/** Who pays for everything on a development chain. */
export { PUBLISHED_KEY as FAUCET_KEY } from '../../chain/src/published-key.ts';
