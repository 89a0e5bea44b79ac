/**
 * The contestant that counts: real daemons on a real chain. Each download is bought by a fresh buyer, so that opening the
 * channels, trust that has to grow and every voucher are in the time; the clock stops when the file is whole, checked and
 * every seller has its last voucher.
 */
import type { GetEvent, PublishEvent, StatusAnswer } from '@chiral/protocol/api';
import { parseEther } from 'ethers';
import { createNetwork } from '../../devnet/network.ts';
import type { Contestant } from '../transfer.ts';

const PRICES_WEI = [parseEther('0.00001'), parseEther('0.000012')];

export async function startPaid(file: string): Promise<Contestant> {
  const network = await createNetwork();
  const first = await network.daemon('seeder-1');
  const second = await network.daemon('seeder-2');
  await network.fund([first.wallet, second.wallet], parseEther('100'));
  let cid = '';
  const publish = async (seller: typeof first, weiPerMiB: bigint) => {
    const events = seller.api.stream<PublishEvent>(
      '/publish',
      { path: file, weiPerMiB: `${weiPerMiB}` },
      new AbortController().signal,
    );
    for await (const event of events) if (event.event === 'done') cid = event.file.cid;
  };
  await publish(first, PRICES_WEI[0]!);
  let buyers = 0;
  let sellers = 1;
  return {
    async download(count, destination) {
      if (count === 2 && sellers === 1) await publish(second, PRICES_WEI[1]!);
      if (count === 1 && sellers === 2) await second.api.delete(`/files/${cid}`);
      sellers = count;
      const buyer = await network.daemon(`buyer-${buyers++}`, ['--no-auto-seed']);
      await network.fund([buyer.wallet], parseEther('100'));
      // Its first question to the chain and its first lookup are not what is measured.
      await buyer.api.get<StatusAnswer>('/status');
      const startedMs = performance.now();
      const parts: Record<string, number> = {};
      const since = () => (performance.now() - startedMs) / 1000;
      let vouchers = 0;
      for await (const event of buyer.api.stream<GetEvent>(
        '/get',
        { target: cid, to: destination },
        new AbortController().signal,
      )) {
        if (event.event === 'offer') parts.firstOffer ??= since();
        if (event.event === 'paid') {
          parts.firstVoucher ??= since();
          vouchers++;
        }
        if (event.event === 'complete') parts.complete = since();
        if (event.event === 'done') parts.done = since();
      }
      await buyer.child.stop();
      return { seconds: parts.done!, parts: { ...parts, vouchers } };
    },
    close: () => network.stop(),
  };
}
