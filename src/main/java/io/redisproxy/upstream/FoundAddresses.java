package io.redisproxy.upstream;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a name stands for.
 *
 * @param addresses at least one, in text, as they were answered; those of IPv4 if there are any,
 *     since a server with both kinds is still one
 * @param timeToLive empty if it isn't known, as for a name that is in the hosts file
 */
public record FoundAddresses(List<String> addresses, Optional<Duration> timeToLive) {}
