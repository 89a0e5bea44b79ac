/**
 * A payment after the fact, and who may call it its own. Pure.
 *
 * The last row of it (paid-rows.ts) names the session key of the payer with an amount of zero. The transaction is the wallet's, so the wallet has named
 * that key; the key signs for which peer it speaks, so that a payment which everybody can read on the chain counts for one peer.
 */
import { getAddress, type SigningKey } from 'ethers';
import { type Deployment, digestOf, recoverSigner, signDigest, type TypedDataKind } from './typed-data.ts';

/** Binds a payment to the peer that it pays for. */
export interface PaymentBinding {
  /** Hash of the transaction. */
  readonly transaction: string;
  /** libp2p peer id of the buyer. */
  readonly peerId: string;
}

const PAYMENT_BINDING: TypedDataKind = {
  name: 'Chiral',
  version: '1',
  types: {
    PaymentBinding: [
      { name: 'transaction', type: 'bytes32' },
      { name: 'peerId', type: 'string' },
    ],
  },
};

export function signPaymentBinding(key: SigningKey, binding: PaymentBinding, deployment: Deployment): string {
  return signDigest(key, digestOf(PAYMENT_BINDING, deployment, { ...binding }));
}

export function isPaymentBindingValid(
  binding: PaymentBinding,
  signature: string,
  authorizer: string,
  deployment: Deployment,
): boolean {
  return recoverSigner(digestOf(PAYMENT_BINDING, deployment, { ...binding }), signature) === getAddress(authorizer);
}
