/** Account 0 of Hardhat's published development mnemonic, which the dev genesis funds too. It holds coins on such chains only. */
export const FAUCET_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
