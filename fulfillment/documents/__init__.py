"""What the warehouse prints: slips, pick lists, labels, manifests. Facts in, bytes out; nothing is looked up here."""
