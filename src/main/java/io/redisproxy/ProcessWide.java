package io.redisproxy;

import io.redisproxy.config.ProxySettings;
import io.redisproxy.metrics.ProxyMeters;
import io.redisproxy.session.ClientRegistry;
import io.redisproxy.session.Eviction;
import io.redisproxy.session.Insight;
import io.redisproxy.upstream.ConnectionLimit;

/**
 * What all event loops have in common.
 *
 * @param loops how many event loops there are
 * @param clients all clients of the process
 * @param eviction of clients, when memory is short
 * @param limit what all connections are counted by
 * @param insight what is noted of requests
 * @param surroundings where the process runs
 */
record ProcessWide(
    int loops,
    ProxySettings settings,
    ProxyMeters meters,
    ClientRegistry clients,
    Eviction eviction,
    ConnectionLimit limit,
    Insight insight,
    Surroundings surroundings) {}
