-- One RPZ zone with the names and the 1,000 address rules.
rpzFile('{rpz}', {policyName='bench', defpol=Policy.NXDOMAIN})
