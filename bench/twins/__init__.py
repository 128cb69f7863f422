"""One stack three times with identical templates: from our constructs, in plain Python CDK code, in JavaScript.

Both twins are written by hand, as an engineer would write them who wants this very template: L2 constructs, L1 where there is no L2
that does it. Where two ways are common, they take the one with fewer messages to the jsii kernel, so that the comparison flatters
nobody. They repeat the construct tree of ours (a group node for each construct), because the logical ids come from it. The words and
numbers of the alarms are data (``alarms.json``) that both read; ``python -m bench.twins.alarms`` writes it from our template.
"""
