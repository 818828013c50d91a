/**
 * What the user wrote, checked, as immutable records: the listeners of the JSON file, read by
 * {@link io.redisproxy.config.ConfigLoader}, and the settings of the process, {@link
 * io.redisproxy.config.ProxySettings}.
 */
package io.redisproxy.config;
