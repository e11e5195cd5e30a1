using System.Diagnostics.CodeAnalysis;
using Concord;
using Concord.Engines;
using Concord.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Workers, queues and requirements: declared once at start-up, not at every call site.</summary>
public static class ConcordBuilderExtensions
{
    /// <summary>Start-up fails, with the name of the guarantee, when the engine does not promise it.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="guarantees">What the application cannot do without.</param>
    /// <returns>The builder.</returns>
    public static IConcordBuilder RequireGuarantees(this IConcordBuilder builder, Guarantees guarantees)
    {
        builder.AddPart(new RequiredGuarantees(guarantees, nameof(RequireGuarantees)));
        return builder;
    }

    /// <summary>
    /// Stands for election for as long as the host runs, and runs a new <typeparamref name="TWorker"/> in a new scope
    /// for every term this process wins. The worker is cancelled before the leadership can pass to another, and first
    /// of all when the host stops. After an exception this process resigns and stands again, later each time. Requires
    /// <see cref="Guarantees.MonotonicFencing"/>.
    /// </summary>
    /// <typeparam name="TWorker">Registered as a scoped service, unless it is already.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="electionName">The name of the election, the same in all processes.</param>
    /// <returns>The builder.</returns>
    public static IConcordBuilder AddLeaderWorker<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TWorker>(
        this IConcordBuilder builder, string electionName)
        where TWorker : class, ILeaderWorker
    {
        builder.AddPart(new RequiredGuarantees(
            Guarantees.MonotonicFencing, $"{nameof(AddLeaderWorker)} of '{electionName}'"));
        RecordKey.CheckName(electionName, nameof(electionName));
        builder.Services.TryAddScoped<TWorker>();
        string name = builder.Name;
        builder.Services.AddSingleton<IHostedService>(provider => new LeaderWorkerService<TWorker>(
            provider.GetRequiredKeyedService<ConcordRuntime>(name),
            electionName,
            provider.GetRequiredService<IServiceScopeFactory>()));
        return builder;
    }

    /// <summary>
    /// Declares the settings that all who use the queue share. They are stored with the queue; a difference from what
    /// is stored is an error at start-up. While nobody answers yet, the host starts, the queue is declared as soon as
    /// somebody does, and a difference stops the host then.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <param name="queueName">The name of the queue.</param>
    /// <param name="configure">Sets the settings.</param>
    /// <returns>The builder.</returns>
    public static IConcordBuilder AddQueue(
        this IConcordBuilder builder, string queueName, Action<QueueSettings>? configure = null)
    {
        RecordKey.CheckName(queueName, nameof(queueName));
        var settings = new QueueSettings();
        configure?.Invoke(settings);
        QueueDeclaration.Check(settings);
        builder.AddPart(new QueueDeclaration(queueName, settings));
        return builder;
    }

    /// <summary>
    /// Receives the messages of a queue for as long as the host runs, and runs a new <typeparamref name="THandler"/> in
    /// a new scope for each: completes on return, counts a failure on an exception, with a retry later each time.
    /// </summary>
    /// <typeparam name="TMessage">The message.</typeparam>
    /// <typeparam name="THandler">Registered as a scoped service, unless it is already.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="queueName">The name of the queue.</param>
    /// <param name="configure">Concurrency, extension, back-off.</param>
    /// <returns>The builder.</returns>
    public static IConcordBuilder AddQueueHandler<
        TMessage, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] THandler>(
        this IConcordBuilder builder, string queueName, Action<QueueHandlerOptions>? configure = null)
        where TMessage : notnull
        where THandler : class, IQueueHandler<TMessage>
    {
        ArgumentNullException.ThrowIfNull(builder);
        RecordKey.CheckName(queueName, nameof(queueName));
        var options = new QueueHandlerOptions();
        configure?.Invoke(options);
        QueueHandlerLoop.Check(options);
        builder.Services.TryAddScoped<THandler>();
        string name = builder.Name;
        builder.Services.AddSingleton<IHostedService>(provider => new QueueHandlerService<TMessage, THandler>(
            provider.GetRequiredKeyedService<ConcordRuntime>(name),
            queueName,
            options,
            provider.GetRequiredService<IServiceScopeFactory>()));
        return builder;
    }

    /// <summary>All values and messages of a type are stored by this serializer, unless a call brings
    /// another.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="serializer">The serializer.</param>
    /// <returns>The builder.</returns>
    public static IConcordBuilder AddSerializer<T>(this IConcordBuilder builder, IConcordSerializer<T> serializer)
        where T : notnull
    {
        ArgumentNullException.ThrowIfNull(serializer);
        builder.AddPart(new SerializerRegistration(typeof(T), serializer));
        return builder;
    }
}
