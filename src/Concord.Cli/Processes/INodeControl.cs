namespace Concord.Cli.Processes;

/// <summary>Who can take a node down and bring it up again. Nodes are counted from 0 here.</summary>
internal interface INodeControl
{
    /// <summary>Ends the node as a power cut would, now, and keeps it down.</summary>
    void Kill(int node);

    /// <summary>Brings it up again; returns before it is up.</summary>
    void Restart(int node);
}
