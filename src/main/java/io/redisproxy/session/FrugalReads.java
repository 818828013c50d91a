package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Reads as much at a time as it otherwise would, but little while memory is short: that is known of
 * a client only when it has been read from, and thousands may send at once.
 */
final class FrugalReads implements RecvByteBufAllocator {
  private static final int LITTLE = 1024;

  private final RecvByteBufAllocator usual;
  private final DirectMemory memory;

  FrugalReads(RecvByteBufAllocator usual, DirectMemory memory) {
    this.usual = usual;
    this.memory = memory;
  }

  @Override
  public Handle newHandle() {
    return new FrugalHandle((ExtendedHandle) usual.newHandle());
  }

  private final class FrugalHandle extends DelegatingHandle implements ExtendedHandle {
    private final ExtendedHandle usual;

    FrugalHandle(ExtendedHandle usual) {
      super(usual);
      this.usual = usual;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      return memory.isShort() ? allocator.ioBuffer(LITTLE) : usual.allocate(allocator);
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMoreDataSupplier) {
      return usual.continueReading(maybeMoreDataSupplier);
    }
  }
}
