package io.redisproxy.config;

import java.util.List;

/** Where listeners come from when the user names none. */
public interface ListenerSource {
  List<ListenerConfig> listeners();
}
