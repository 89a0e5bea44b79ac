import { type DirectoryNode, testDirectory } from './directory-suite.ts';
import { createTestNetwork, DEPLOYMENT, Shelf, type TestNode, until } from './discovery-network.ts';
import { createMemoryDirectory, MemoryNet } from './memory-directory.ts';

testDirectory('libp2p', () => {
  const network = createTestNetwork();
  const started = new Map<string, TestNode>();
  return {
    async start(count) {
      const nodes: TestNode[] = [];
      for (let i = 0; i < count; i++) {
        const bootstrap = nodes[0]?.host.addresses() ?? [];
        nodes.push(await network.start({ bootstrap }));
      }
      await until(() => nodes.every(({ host }) => host.dhtPeerCount() > 0), 'every node has joined');
      for (const node of nodes) started.set(node.host.peerId, node);
      return nodes.map(({ host, directory, shelf }) => ({ peerId: host.peerId, directory, shelf }));
    },
    async kill({ peerId }) {
      await started.get(peerId)!.stop();
    },
    close: () => network.close(),
  };
});

testDirectory('in memory', () => {
  const net = new MemoryNet();
  return {
    async start(count) {
      return Array.from({ length: count }, (_, i): DirectoryNode => {
        const peerId = `peer-${i}`;
        const shelf = new Shelf();
        return { peerId, shelf, directory: createMemoryDirectory(net, peerId, shelf, DEPLOYMENT) };
      });
    },
    async kill({ peerId }) {
      net.nodes.delete(peerId);
    },
    async close() {},
  };
});
