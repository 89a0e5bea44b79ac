'use client';
/**
 * wagmi, which holds the connection to the person's wallet: loaded when somebody wants a wallet, or had one. It draws nothing and
 * says how things are. Switching and adding networks are ours (`switch.ts`), since wagmi adds a chain only on 4902.
 */
import { AppError } from '@chiral/protocol/errors';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { defineChain } from 'viem';
import {
  type Connector,
  createConfig,
  http,
  useConnect,
  useConnection,
  useConnectors,
  useDisconnect,
  WagmiProvider,
} from 'wagmi';
import { injected } from 'wagmi/connectors';
import { useHome } from '../home.tsx';
import { CHAIN_ID, CHAIN_NAME, CURRENCY } from './chain.ts';
import { checkGenesis, type GenesisVerdict, rememberGenesis } from './genesis.ts';
import { declined, ensureChain, isBusy, type Provider } from './switch.ts';
import type { ConnectedWallet, WalletState } from './types.ts';

/** wagmi wants an address; ours is not known when this is read, and reads do not go through wagmi. */
const UNUSED_RPC = 'http://127.0.0.1:8545';
const chain = defineChain({
  id: CHAIN_ID,
  name: CHAIN_NAME,
  nativeCurrency: CURRENCY,
  rpcUrls: { default: { http: [UNUSED_RPC] } },
});

const walletConfig = createConfig({
  chains: [chain],
  connectors: [injected()],
  transports: { [CHAIN_ID]: http(UNUSED_RPC) },
  multiInjectedProviderDiscovery: true,
  ssr: true,
});

export function WalletBridge({ publish }: { publish: (state: WalletState) => void }) {
  return (
    <WagmiProvider config={walletConfig}>
      <Connection publish={publish} />
    </WagmiProvider>
  );
}

function Connection({ publish }: { publish: (state: WalletState) => void }) {
  const { rpcUrl, chain: reader } = useHome();
  const connection = useConnection();
  const connectors = useConnectors();
  const connecting = useConnect();
  // What follows is published: nothing in it may be new at each drawing.
  const { mutate: leave } = useDisconnect();
  const [provider, setProvider] = useState<Provider>();
  const [genesis, setGenesis] = useState<GenesisVerdict>({ kind: 'same' });
  const [hasLegacy, setHasLegacy] = useState(false);

  useEffect(() => setHasLegacy('ethereum' in window), []);
  const wallets = useMemo(() => {
    const announced = connectors.filter(({ id }) => id !== 'injected');
    // A wallet too old to announce itself.
    return announced.length > 0 || !hasLegacy ? announced : connectors;
  }, [connectors, hasLegacy]);

  const { connector, address } = connection;
  useEffect(() => {
    let isOver = false;
    setProvider(undefined);
    // While a connection is being restored the connector is not whole yet.
    if (connection.status !== 'connected' || !connector) return;
    void connector.getProvider().then((value) => {
      if (!isOver) setProvider(value as Provider);
    });
    return () => {
      isOver = true;
    };
  }, [connector, connection.status]);

  const isOnChain = connection.chainId === CHAIN_ID;
  useEffect(() => {
    let isOver = false;
    void checkGenesis(reader, isOnChain ? provider : undefined).then((verdict) => {
      if (!isOver) setGenesis(verdict);
    });
    return () => {
      isOver = true;
    };
  }, [reader, provider, isOnChain]);

  const wallet = useMemo<ConnectedWallet | undefined>(
    () => (provider && address ? { address, request: (call) => provider.request(call) } : undefined),
    [provider, address],
  );
  const { mutateAsync } = connecting;
  const connect = useCallback(
    async (connector: Connector) => {
      try {
        const { accounts } = await mutateAsync({ connector });
        const provider = (await connector.getProvider()) as Provider;
        return { address: accounts[0], request: (call) => provider.request(call) } satisfies ConnectedWallet;
      } catch (error) {
        if (isBusy(error)) throw new AppError('TOO_MANY', 'A question is open in the wallet.', {}, { cause: error });
        throw declined('The wallet did not connect.', error);
      }
    },
    [mutateAsync],
  );

  const value = useMemo<WalletState>(
    () => ({
      isAwake: true,
      wallets,
      isConnecting: connecting.isPending || connection.status === 'reconnecting',
      wallet,
      walletName: connector?.name,
      isOnChain,
      genesis,
      connect,
      disconnect: () => leave({}),
      enterChain: (wallet) => ensureChain(wallet, rpcUrl),
      acceptGenesis: () => {
        if (genesis.kind === 'restarted') rememberGenesis(genesis.ours);
        setGenesis({ kind: 'same' });
      },
    }),
    [wallets, connecting.isPending, connection.status, wallet, connector, isOnChain, genesis, connect, leave, rpcUrl],
  );
  useEffect(() => publish(value), [publish, value]);
  return null;
}
