"""What a store keeps and loses: the file of a clip, failures, quarantine, merging, forgetting."""
