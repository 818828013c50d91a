package io.redisproxy.upstream;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Flushes every channel that was written to once, at the end of the event loop's turn, so that all
 * that came together leaves together: one system call for the requests of many clients.
 */
public final class FlushQueue implements Runnable {
  private final EventLoop loop;
  private final List<Outbound> written = new ArrayList<>();

  public FlushQueue(EventLoop loop) {
    this.loop = loop;
  }

  void add(Outbound out) {
    written.add(out);
    if (written.size() == 1) {
      loop.execute(this);
    }
  }

  @Override
  public void run() {
    // A flush can make a channel writable again, and what that sets off joins the queue behind.
    for (int i = 0; i < written.size(); i++) {
      written.get(i).flush();
    }
    written.clear();
  }
}
