/**
 * WrappedChiral. Parameter `initialWei`: CHI that the deployer wraps at once, so that software which expects a token finds
 * one with a supply; none by default.
 */
import { WRAPPED_CHIRAL_ABI, WRAPPED_CHIRAL_CREATION_BYTECODE } from '@chiral/protocol/generated/wrapped-chiral';
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';
import { artifactOf } from '../artifact.ts';

export default buildModule('WrappedChiral', (module) => {
  const wrappedChiral = module.contract(
    'WrappedChiral',
    artifactOf('WrappedChiral', WRAPPED_CHIRAL_ABI, WRAPPED_CHIRAL_CREATION_BYTECODE),
  );
  const initialWei = module.getParameter<bigint>('initialWei', 0n);
  module.call(wrappedChiral, 'deposit', [], { value: initialWei });
  return { wrappedChiral };
});
