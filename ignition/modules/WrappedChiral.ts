/**
 * WrappedChiral. Parameter `initialWei`: CHI that the deployer wraps at once, so that software which expects a token finds
 * one with a supply; none by default.
 */
import { buildModule } from '@nomicfoundation/hardhat-ignition/modules';

export default buildModule('WrappedChiral', (module) => {
  const wrappedChiral = module.contract('WrappedChiral');
  const initialWei = module.getParameter<bigint>('initialWei', 0n);
  module.call(wrappedChiral, 'deposit', [], { value: initialWei });
  return { wrappedChiral };
});
