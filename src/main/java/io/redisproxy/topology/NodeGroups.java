package io.redisproxy.topology;

import java.util.List;

/** The groups of nodes behind the listeners that are open. */
public interface NodeGroups {
  List<NodeGroup> groups();
}
