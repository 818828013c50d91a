/** What operators see and do: health, metrics, the live page, {@code /admin}, and the log. */
package io.redisproxy.admin;
