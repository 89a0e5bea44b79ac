/**
 * A seller's payment layer in a process of its own, with no network at all: messages come as lines of JSON on standard
 * input ({ peer, message: base64 }), answers go out the same way. For killing at any moment.
 *
 *   node payee-process.ts DATA_DIR RPC_URL CONTRACT PRIVATE_KEY
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SigningKey, Wallet } from 'ethers';
import { createLedger } from '../../../node/src/accounting/ledger.ts';
import { createPricing, PRESETS } from '../../../node/src/accounting/policy.ts';
import { createSessions } from '../../../node/src/accounting/sessions.ts';
import { createChainClient } from '../../../node/src/chain/client.ts';
import { openDatabase } from '../../../node/src/db.ts';
import { createLog } from '../../../node/src/log.ts';
import { createChannelBook } from '../../../node/src/payments/channel-book.ts';
import { createSettlementContract } from '../../../node/src/payments/contract.ts';
import { createPayee } from '../../../node/src/payments/payee.ts';
import { createChannelRail } from '../../../node/src/payments/rail.ts';

const [dataDir, rpcUrl, address, privateKey] = process.argv.slice(2) as [string, string, string, string];
const deployment = { chainId: 98765, contract: address };
const wallet = new Wallet(privateKey);
const session = new SigningKey(privateKey);
const keys = { wallet, session, sessionAddress: wallet.address };
const db = openDatabase(join(dataDir, 'node.db'));
const credit = PRESETS.balanced;
const pricing = createPricing({ credit, priceOf: () => 1_000_000n });
const ledger = createLedger({ db, pricing, credit: () => credit });
const chain = createChainClient({ rpcUrl, chainId: 98765, wallet });
const contract = createSettlementContract(chain, address);
const book = createChannelBook(db);
const pay = createPayee({
  book,
  rail: createChannelRail({ book, contract, keys, deployment }),
  contract,
  ledger,
  pricing,
  sessions: createSessions(),
  deployment,
  receiver: wallet.address,
  offers: () => true,
  onAuthorized: () => {},
  log: createLog('silent'),
});
const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
say({ ready: true, cumulative: book.all('payee').map(({ cumulativeWei }) => `${cumulativeWei}`) });
for await (const line of createInterface({ input: process.stdin })) {
  const { peer, message } = JSON.parse(line);
  void pay(peer, Buffer.from(message, 'base64')).then((answer) =>
    say({ answer: Buffer.from(answer).toString('base64') }),
  );
}
ledger.close();
chain.close();
db.close();
