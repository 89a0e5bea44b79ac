'use client';
/** Whether there is no money to pay with: no wallet is connected, or the chain says that the one that is holds nothing. */
import { useQuery } from '@tanstack/react-query';
import { useChainReader } from '@/components/no-chain.tsx';
import { useWallet } from '@/lib/wallet/context.tsx';

/** How often an empty wallet is looked into again, milliseconds. */
const EVERY_MS = 8_000;

export function useEmptyPurse(): 'none' | 'empty' | undefined {
  const { wallet } = useWallet();
  const chain = useChainReader();
  const balance = useQuery({
    queryKey: ['purse', wallet?.address],
    queryFn: async () =>
      BigInt((await chain!.request({ method: 'eth_getBalance', params: [wallet!.address, 'latest'] })) as string),
    enabled: wallet !== undefined && chain !== undefined,
    refetchInterval: EVERY_MS,
  });
  if (wallet === undefined) return 'none';
  return balance.data === 0n ? 'empty' : undefined;
}
