/** The account that a devnet's blocks pay: number 1 of those that every development tool knows. Worth nothing anywhere else. */
export const MINER_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d';
