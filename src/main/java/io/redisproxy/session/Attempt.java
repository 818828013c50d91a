package io.redisproxy.session;

import io.netty.buffer.ByteBuf;
import io.redisproxy.upstream.NodeConnection;
import io.redisproxy.upstream.NodeFailure;
import io.redisproxy.upstream.PendingReplies;

/** Requests of a run that were sent again, to another node mostly. */
final class Attempt extends PendingReplies implements Asked {
  private final Session session;
  private final Run run;
  private final Retry retry;
  private final Target target;
  private final boolean atMaster;
  private final long sentAt = System.nanoTime();

  Attempt(Session session, Run run, Retry retry, Target target, int requests) {
    this.session = session;
    this.run = run;
    this.retry = retry;
    this.target = target;
    atMaster = target.isMaster();
    want(requests);
    target
        .meters()
        .as(atMaster)
        .sent(run.hasWrites() ? 0 : requests, run.hasWrites() ? requests : 0);
  }

  @Override
  public Target target() {
    return target;
  }

  @Override
  public boolean isInside() {
    return isInsideReply();
  }

  @Override
  protected void onReplies(ByteBuf bytes) {
    if (wanted() == 0) {
      long now = System.nanoTime();
      target.meters().as(atMaster).answered(now, now - sentAt);
    }
    retry.onReplies(this, bytes);
  }

  @Override
  protected boolean wantsNilsApart() {
    return !atMaster && run.wantsNilsApart();
  }

  @Override
  protected void onReplyApart(ByteBuf line) {
    Refusal refusal = Refusal.of(line);
    if (refusal != null && run.refusals().contains(refusal)) {
      retry.onRefused(this, refusal, line);
    } else {
      onReplies(line);
    }
  }

  @Override
  protected void onLost(NodeFailure failure, boolean insideReply) {
    retry.onLost(this, failure);
  }

  @Override
  protected boolean isSentBy(long time) {
    return sentAt - time <= 0;
  }

  @Override
  protected void onOverdue() {
    if (!session.recovery().isInTime(sentAt)) {
      retry.onOverdue(this);
    }
  }

  @Override
  protected boolean isWanted() {
    return !session.isOver() && retry.isOf(this);
  }

  @Override
  protected boolean isCongested() {
    return retry.isOf(this) && session.output().isCongested(run);
  }

  @Override
  protected void onHeld(NodeConnection connection) {
    session.output().onHolding(connection, run);
  }

  @Override
  protected void onTooSlow() {
    session.output().onTooSlow();
  }

  @Override
  protected Object client() {
    return session;
  }
}
