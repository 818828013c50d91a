package io.redisproxy.config;

/**
 * How many of the reads go to the master that no replica is fit for.
 *
 * @param perSecond not more than so many; {@link Long#MAX_VALUE} if any number
 */
public record MasterFallback(long perSecond) {
  public static final MasterFallback ALWAYS = new MasterFallback(Long.MAX_VALUE);
  public static final MasterFallback NEVER = new MasterFallback(0);

  public boolean isLimited() {
    return perSecond != Long.MAX_VALUE;
  }
}
