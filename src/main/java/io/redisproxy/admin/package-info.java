/** What operators see and do: health, and {@code /admin}. */
package io.redisproxy.admin;
