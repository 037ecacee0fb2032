"""What is at stake between two parties: one module for each kind of pair, and the list of the pairs that bargain.

`access`: USPS sells last-mile access to Amazon. `carriage`: UPS and FedEx carry parcels of Amazon. `last_mile`: USPS
sells access to carriers with networks of their own. `enterprise`: rate agreements of the largest shippers. Each says
what a deal is worth to both sides; how they get to it, or not, is played by `model.phases.negotiation`.
"""
