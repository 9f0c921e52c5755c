"""What a country's law and policy refuse, one subject a file: data from the country's file, judged by small functions.

A function takes what it needs (the merged request, the site, the country's `Policy`, today's date) and yields findings.
Nothing here imports pulumi.
"""
