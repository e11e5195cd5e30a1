using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Concord.House;

/// <summary>Types and members as text that reads like C#.</summary>
internal static class SurfaceText
{
    /// <summary>Attributes that a user acts on; the others are the compiler's or ours.</summary>
    private static readonly string[] s_attributes =
    [
        "EditorBrowsableAttribute", "ExperimentalAttribute", "FlagsAttribute", "ObsoleteAttribute",
        "RequiresUnreferencedCodeAttribute",
    ];

    public static IEnumerable<string> Attributes(MemberInfo member) => member.CustomAttributes
        .Where(data => s_attributes.Contains(data.AttributeType.Name) && !IsTheCompilers(data, member))
        .Select(data =>
            $"[{data.AttributeType.Name.Replace("Attribute", "", StringComparison.Ordinal)}{Arguments(data)}]")
        .Order(StringComparer.Ordinal);

    public static string Header(Type type)
    {
        string name = (type.Namespace is null ? "" : type.Namespace + ".") + SurfaceTypes.WithParents(type);
        if (type.IsSubclassOf(typeof(Delegate)))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            return $"delegate {SurfaceTypes.Of(invoke.ReturnParameter)} {name}({Parameters(invoke)})"
                + Constraints(type.GetGenericArguments());
        }

        IEnumerable<Type> bases = type.IsEnum
            ? [Enum.GetUnderlyingType(type)]
            : OwnBase(type).Concat(OwnInterfaces(type).OrderBy(face => face.ToString(), StringComparer.Ordinal));
        string above = string.Join(", ", bases.Select(SurfaceTypes.Of));
        return $"{Kind(type)} {name}{(above.Length > 0 ? " : " + above : "")}{Constraints(type.GetGenericArguments())}";
    }

    public static string Member(MemberInfo member) => member switch
    {
        ConstructorInfo constructor =>
            $"{Modifiers(constructor)}{Plain(constructor.DeclaringType!)}({Parameters(constructor)})",
        MethodInfo method => $"{Modifiers(method)}{SurfaceTypes.Of(method.ReturnParameter)} {method.Name}"
            + $"{GenericNames(method)}({Parameters(method)})"
            + Constraints(method.IsGenericMethod ? method.GetGenericArguments() : []),
        PropertyInfo property => Property(property),
        FieldInfo field => Field(field),
        EventInfo @event =>
            $"{Modifiers(@event.AddMethod!)}event {SurfaceTypes.Of(@event.EventHandlerType!)} {@event.Name}",
        _ => throw new InvalidOperationException($"A member of a kind that this test does not know: {member}."),
    };

    /// <summary>On constructors beside required members, and on ref structs, the compiler puts an Obsolete for older
    /// ones.</summary>
    private static bool IsTheCompilers(CustomAttributeData data, MemberInfo member) =>
        data.AttributeType == typeof(ObsoleteAttribute) && member.IsDefined(typeof(CompilerFeatureRequiredAttribute));

    private static string Arguments(CustomAttributeData data) => data.ConstructorArguments.Count == 0
        ? ""
        : "(" + string.Join(", ", data.ConstructorArguments.Select(argument => Constant(argument.Value))) + ")";

    /// <summary>Without what the base type brings, and without the equality that the word <c>record</c>
    /// implies.</summary>
    private static IEnumerable<Type> OwnInterfaces(Type type) => type.GetInterfaces()
        .Except(type.BaseType?.GetInterfaces() ?? [])
        .Where(face => !IsRecord(type) || face != typeof(IEquatable<>).MakeGenericType(type));

    private static bool IsRecord(Type type) =>
        type.GetMethod("<Clone>$") is not null || (type.IsValueType && HasGenerated(type, "PrintMembers"));

    private static string Kind(Type type)
    {
        if (type.IsEnum || type.IsInterface)
        {
            return type.IsEnum ? "enum" : "interface";
        }

        bool isRecord = IsRecord(type);
        if (type.IsValueType)
        {
            string form = (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "")
                + (type.IsByRefLike ? "ref " : "");
            return form + (isRecord ? "record struct" : "struct");
        }

        string reach = type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed
            ? "sealed " : "";
        return reach + (isRecord ? "record" : "class");
    }

    private static bool HasGenerated(Type type, string method) =>
        type.GetMethods(BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Any(each => each.Name == method && each.IsDefined(typeof(CompilerGeneratedAttribute)));

    private static IEnumerable<Type> OwnBase(Type type) =>
        type.BaseType is { } above && above != typeof(object) && above != typeof(ValueType) ? [above] : [];

    private static string Property(PropertyInfo property)
    {
        MethodInfo accessor = property.GetMethod ?? property.SetMethod!;
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        bool isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers()
            .Contains(typeof(IsExternalInit)) == true;
        bool isSettable = property.SetMethod is { IsPrivate: false, IsAssembly: false };
        bool isRequired = property.IsDefined(typeof(RequiredMemberAttribute));
        string set = !isSettable
            ? ""
            : (property.SetMethod!.IsPublic ? "" : "protected ") + (isInit ? "init; " : "set; ");
        return $"{Modifiers(accessor)}{(isRequired ? "required " : "")}{SurfaceTypes.Of(property)} {name} "
            + $"{{ {(property.GetMethod is null ? "" : "get; ")}{set}}}";
    }

    private static string Field(FieldInfo field)
    {
        string reach = field.IsPublic ? "" : "protected ";
        string form = field.IsLiteral
            ? "const "
            : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        string value = field.IsLiteral ? " = " + Constant(field.GetRawConstantValue()) : "";
        return $"{reach}{form}{SurfaceTypes.Of(field)} {field.Name}{value}";
    }

    private static string Modifiers(MethodBase method)
    {
        string reach = method.IsPublic ? "" : "protected ";
        if (method.DeclaringType!.IsInterface)
        {
            return method.IsStatic ? "static " : method.IsAbstract ? "" : "default ";
        }

        bool isOverride = method is MethodInfo { IsVirtual: true } own && own.GetBaseDefinition() != own;
        string form = method.IsStatic ? "static "
            : isOverride ? "override "
            : method.IsAbstract ? "abstract "
            : method.IsVirtual && !method.IsFinal ? "virtual "
            : "";
        return reach + form;
    }

    private static string Parameters(MethodBase method)
    {
        string extension = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return extension + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        string passing = parameter.IsOut ? "out "
            : parameter.ParameterType.IsByRef ? (parameter.IsIn ? "in " : "ref ")
            : parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute))
                ? "params "
            : "";
        return $"{passing}{SurfaceTypes.Of(parameter)} {parameter.Name}{Default(parameter)}";
    }

    private static string Default(ParameterInfo parameter)
    {
        if (!parameter.HasDefaultValue)
        {
            return "";
        }

        bool isStruct = parameter.ParameterType.IsValueType && parameter.RawDefaultValue is null
            && Nullable.GetUnderlyingType(parameter.ParameterType) is null;
        return " = " + (isStruct ? "default" : Constant(parameter.RawDefaultValue));
    }

    private static string GenericNames(MethodInfo method) =>
        method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(type => type.Name))}>" : "";

    private static string Constraints(Type[] parameters) => string.Concat(
        parameters.Select(type => (type.Name, Text: SurfaceTypes.Constraint(type)))
            .Where(constraint => constraint.Text.Length > 0)
            .Select(constraint => $" where {constraint.Name} : {constraint.Text}"));

    private static string Plain(Type type) => type.Name.Split('`')[0];

    private static string Constant(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
